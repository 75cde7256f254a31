// Which certificate does a test server on loopback show? Self-signed for localhost and 127.0.0.1; worth nothing elsewhere.

export const loopbackCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgs/h/tpveFD9hbOKA
thpHGcfpkqthFMVmji6yf81Y1LShRANCAAQjTN2xhNxflvDGocRIR2bRLqIKBAVC
dpea/E5lAp2MsJubu4WCVzuFunXtzIONVNjNfxfAdz4PpTKkBzWXzWLJ
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUNPUkRQUwmOEWtkPL8y3Bhncr97cwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzIzMTQxNloYDzIxMjYxMDMw
MjMxNDE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQjTN2xhNxflvDGocRIR2bRLqIKBAVCdpea/E5lAp2MsJubu4WCVzuF
unXtzIONVNjNfxfAdz4PpTKkBzWXzWLJo28wbTAdBgNVHQ4EFgQUSIDmiq6g3vHh
ZtOEgdvMU137feYwHwYDVR0jBBgwFoAUSIDmiq6g3vHhZtOEgdvMU137feYwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAIJx25P6K8oeuoqSjIwUCB6Ld+MIcfsRFxz1ELwjn91fAiEA
sLkw+dbaOOONw+GZ0V6droSSFILXuSSgeVp7k3PfpZE=
-----END CERTIFICATE-----
`,
};
