module crl

go 1.21
