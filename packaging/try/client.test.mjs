// The npm package in a project that has nothing but AWS's SDK for JavaScript.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";

import * as aws from "@aws-sdk/client-acm-pca";
import { start } from "pca-local";

const configuration = {
  KeyAlgorithm: "EC_prime256v1",
  SigningAlgorithm: "SHA256WITHECDSA",
  Subject: { CommonName: "Try" },
};

async function activeRoot(client) {
  const send = (Command, input) => client.send(new Command(input));
  const { CertificateAuthorityArn } = await send(aws.CreateCertificateAuthorityCommand, {
    CertificateAuthorityConfiguration: configuration,
    CertificateAuthorityType: "ROOT",
  });
  const ca = { CertificateAuthorityArn };
  await aws.waitUntilCertificateAuthorityCSRCreated({ client, maxWaitTime: 30, minDelay: 1 }, ca);
  const { Csr } = await send(aws.GetCertificateAuthorityCsrCommand, ca);
  const { CertificateArn } = await send(aws.IssueCertificateCommand, {
    ...ca,
    Csr: Buffer.from(Csr),
    SigningAlgorithm: "SHA256WITHECDSA",
    TemplateArn: "arn:aws:acm-pca:::template/RootCACertificate/V1",
    Validity: { Type: "YEARS", Value: 10 },
  });
  const own = { ...ca, CertificateArn };
  await aws.waitUntilCertificateIssued({ client, maxWaitTime: 30, minDelay: 1 }, own);
  const { Certificate } = await send(aws.GetCertificateCommand, own);
  await send(aws.ImportCertificateAuthorityCertificateCommand, {
    ...ca,
    Certificate: Buffer.from(Certificate),
  });
  return ca;
}

for (const timing of ["immediate", "aws"]) {
  test(`the SDK makes a root, waits and pages (timing ${timing})`, async () => {
    const pca = await start({ timing });
    try {
      const client = new aws.ACMPCAClient(pca.clientConfig);
      const ca = await activeRoot(client);
      for (let count = 0; count < 3; count += 1) {
        await client.send(new aws.CreateCertificateAuthorityCommand({
          CertificateAuthorityConfiguration: configuration,
          CertificateAuthorityType: "SUBORDINATE",
        }));
      }
      const listed = [];
      for await (const page of aws.paginateListCertificateAuthorities({ client, pageSize: 2 }, {})) {
        listed.push(...page.CertificateAuthorities);
      }
      assert.equal(listed.length, 4);
      await assert.rejects(
        client.send(new aws.DeleteCertificateAuthorityCommand(ca)),
        (error) => error instanceof aws.InvalidStateException,
      );
      const before = await pca.now();
      assert.ok((await pca.advance({ days: 4000 })) - before >= 4000 * 86400_000);
      const described = await client.send(new aws.DescribeCertificateAuthorityCommand(ca));
      assert.equal(described.CertificateAuthority.Status, "EXPIRED");
      await pca.fail("ListCertificateAuthorities", "InvalidNextTokenException");
      await assert.rejects(
        client.send(new aws.ListCertificateAuthoritiesCommand({})),
        (error) => error instanceof aws.InvalidNextTokenException,
      );
      await pca.reset();
      const left = await client.send(new aws.ListCertificateAuthoritiesCommand({}));
      assert.deepEqual(left.CertificateAuthorities, []);
      await assert.rejects(start({ listen: pca.endpoint.slice(7) }), /cannot listen on/);
    } finally {
      await pca.stop();
    }
  });
}

test("npx runs the command", () => {
  const said = spawnSync("npx", ["--no-install", "pca-local", "--version"], { encoding: "utf8" });
  assert.match(said.stdout, /^pca-local /, said.stderr);
});
