package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// RefreshTime is how long a session goes on without being refreshed.
const RefreshTime = 30 * 24 * time.Hour

const refreshBytes = 32

// NewRefresh makes a refresh token, of which only the hash is kept.
func NewRefresh() (token string, hash []byte) {
	token = base64.RawURLEncoding.EncodeToString(random(refreshBytes))
	return token, HashRefresh(token)
}

// HashRefresh is what a refresh token is known by. A random one needs no slow hash.
func HashRefresh(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
