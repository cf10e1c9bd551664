// What Go's standard library takes for a CRL: read it and verify its signature.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	der, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		log.Fatal("no certificate in ", os.Args[2])
	}
	issuer, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	crl, err := x509.ParseRevocationList(der)
	if err != nil {
		log.Fatal(err)
	}
	if err := crl.CheckSignatureFrom(issuer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(crl.RevokedCertificateEntries), "entries")
}
