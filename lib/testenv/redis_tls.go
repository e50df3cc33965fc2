package testenv

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"example.com/app/lib/private"
)

// RedisTLS is the URL of a server of this test that speaks TLS, by a certificate that nobody vouches for.
func RedisTLS(t testing.TB) string {
	t.Helper()

	certificate, key := selfSigned(t)
	number, err := private.Port()
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(number)
	NewRedis(t, "--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate,
		"--tls-auth-clients", "no")
	return "rediss://127.0.0.1:" + port
}

// selfSigned are the files of a certificate and its key, good for an hour.
func selfSigned(t testing.TB) (certificate, key string) {
	t.Helper()

	owner, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &owner.PublicKey, owner)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(owner)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "CERTIFICATE", cert), writePEM(t, "PRIVATE KEY", bytes)
}

func writePEM(t testing.TB, kind string, bytes []byte) string {
	t.Helper()

	path := filepath.Join(t.TempDir(), "pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
