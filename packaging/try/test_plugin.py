"""The pytest plugin of the wheel, in a virtual environment that has nothing else of the project."""

import os
import subprocess

import boto3
import pytest

import pca_local as package

ROOT = {
    "CertificateAuthorityConfiguration": {
        "KeyAlgorithm": "EC_prime256v1",
        "SigningAlgorithm": "SHA256WITHECDSA",
        "Subject": {"CommonName": "Try"},
    },
    "CertificateAuthorityType": "ROOT",
}


@pytest.mark.parametrize("attempt", [1, 2])
def test_begins_without_cas_at_the_present_time(pca_local, attempt):
    client = pca_local.client()
    assert client.list_certificate_authorities()["CertificateAuthorities"] == []
    client.create_certificate_authority(**ROOT)
    before = pca_local.now()
    pca_local.advance(days=400)
    assert pca_local.now()[:4] > before[:4]
    assert abs(int(before[:4]) - int(pca_local.now()[:4])) <= 2


def test_sdks_reach_it_by_the_environment(pca_local):
    arn = boto3.client("acm-pca").create_certificate_authority(**ROOT)["CertificateAuthorityArn"]
    assert arn.startswith("arn:aws:acm-pca:us-east-1:")


def test_faults_are_told_once(pca_local):
    client = pca_local.client()
    pca_local.fail("ListCertificateAuthorities", "InvalidNextTokenException")
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        client.list_certificate_authorities()
    client.list_certificate_authorities()


def test_refuses_in_its_own_words(pca_local):
    with pytest.raises(package.PcaLocalError, match="can be advanced by"):
        pca_local.advance(-1)


def test_a_taken_port_is_said(pca_local):
    address = pca_local.endpoint.removeprefix("http://")
    with pytest.raises(package.PcaLocalError, match="cannot listen on"):
        with package.start(listen=address):
            pass


def test_two_of_them_keep_apart(pca_local):
    with package.start(timing="aws", region="eu-west-1") as other:
        arn = other.client().create_certificate_authority(**ROOT)["CertificateAuthorityArn"]
        assert arn.startswith("arn:aws:acm-pca:eu-west-1:")
        with pytest.raises(other.client().exceptions.RequestInProgressException):
            other.client().get_certificate_authority_csr(CertificateAuthorityArn=arn)
    assert pca_local.client().list_certificate_authorities()["CertificateAuthorities"] == []


def test_the_command_is_on_the_path():
    environment = {name: value for name, value in os.environ.items() if name != "PCA_LOCAL_BIN"}
    said = subprocess.run(["pca-local", "--version"], env=environment, capture_output=True, text=True)
    assert said.stdout.startswith("pca-local ")
