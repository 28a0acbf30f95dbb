/** Two lists of one issuer, made within one second: the second has the certificate 01 revoked. */
export const EMPTY_CRL = `-----BEGIN X509 CRL-----
MIIBdTBfAgEBMA0GCSqGSIb3DQEBCwUAMB0xCjAIBgNVBAoMAWExDzANBgNVBAMM
BmxhYiBjYRcNMjYxMTI5MTAyMzQ1WhcNMjYxMjI5MTAyMzQ1WqAOMAwwCgYDVR0U
BAMCAQEwDQYJKoZIhvcNAQELBQADggEBACH95Ur0tpEYFptYTy7MZmJwaHtjh2tg
seNepnJ0QYinrmg3Sa1965LUsmrsMm1kCRB91N1fY+Fo5ylFaOw3QX/+J9MDzltb
9vltcbdxm9kKMHvPnJknzSOJZwu+gTcZeCDrmbMJRhV8Ku8jAd32gt8iRuwqM+hq
9Tl+DjKyEI9GCVEf+OwHuFKORZucWHF29LhZdExN2YSLA2gdSJUqHhgW+bGCVs7s
yZFGkVVa1NG50+qS+kAKO1O8VIjrKbzw0GQ0ceu6hSQ8+ynmhOr/5vpUuICibmSL
poUHlOB7znEPmNtqObt7EXOWcaenRfzP8Nhi7faaIwEFHRGWDO5RGGY=
-----END X509 CRL-----
`;
export const CRL = `-----BEGIN X509 CRL-----
MIIBizB1AgEBMA0GCSqGSIb3DQEBCwUAMB0xCjAIBgNVBAoMAWExDzANBgNVBAMM
BmxhYiBjYRcNMjYxMTI5MTAyMzQ1WhcNMjYxMjI5MTAyMzQ1WjAUMBICAQEXDTI2
MTEyOTEwMjM0NVqgDjAMMAoGA1UdFAQDAgECMA0GCSqGSIb3DQEBCwUAA4IBAQCR
GPFP5F4RHSxWfd+Jf2mw5dtPL+mkbAJA/ydmyVEXHVY9J9C/ONxueUhdwUkcyGbA
GoBsPOc6olkjQKtl6t2MQ9jqt5eR2Q90SnH2Dr5dlE9acrboPewTJer2CqaQvLBY
OYxYtk3Im8yVt2oSZNxLFfoePfSfPSkgxq0yqom375lVKDf+pBv2gJQZ0Cm4e9Tb
qo1vHEDYi8qMvCI7ev7mRMVQt7EQVse6DJ2lxBjxvoXQsJgwdbNt41AIqB8HTq4r
1lId5hZPY8XxJIcPVa/g2MmYHBqJzDFHScBIXbfA5WwwFyFB+x/WuhS46E5LNSdN
1om+shU3FfRTKSi6GILf
-----END X509 CRL-----
`;

/** What HAProxy 2.6 says to `show ssl crl-file` with CRL loaded. */
export const SHOWN_CRL = `Filename: /crl.pem
Status: Used
 
Certificate Revocation List #1:
Version 2
Signature Algorithm: sha256WithRSAEncryption
Issuer: /O=a/CN=lab ca
Last Update: Nov 29 10:23:45 2026 GMT
Next Update: Dec 29 10:23:45 2026 GMT
Revoked Certificates:
    Serial Number: 01
        Revocation Date: Nov 29 10:23:45 2026 GMT
`;
