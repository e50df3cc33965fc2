package auth

import (
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// AccessTime is how long an access token is good for.
const AccessTime = 15 * time.Minute

// skew is how far the clocks of two hosts may be apart.
const skew = 5 * time.Second

// TokenOptions say who signs access tokens, and by what.
type TokenOptions struct {
	Service  string // issuer and audience
	Secret   string // signs and verifies: 32 bytes or more
	Previous string // still verifies; empty for none
}

// Tokens signs access tokens (JWT by HS256) and reads them.
type Tokens struct {
	service string
	keys    jwt.VerificationKeySet // the first one signs
	parser  *jwt.Parser
}

// NewTokens signs with the secret in o.
func NewTokens(o TokenOptions) *Tokens {
	keys := []jwt.VerificationKey{[]byte(o.Secret)}
	if o.Previous != "" {
		keys = append(keys, []byte(o.Previous))
	}
	return &Tokens{
		service: o.Service,
		keys:    jwt.VerificationKeySet{Keys: keys},
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(o.Service), jwt.WithAudience(o.Service),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(skew), jwt.WithStrictDecoding(),
		),
	}
}

type claims struct {
	jwt.RegisteredClaims
	Session uuid.UUID `json:"sid"`
	Role    Role      `json:"role"`
}

// Sign makes a token that tells who asks, for AccessTime.
func (t *Tokens) Sign(who Identity) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    t.service,
			Audience:  jwt.ClaimStrings{t.service},
			Subject:   strconv.FormatInt(who.User, 10),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(AccessTime)),
		},
		Session: who.Session,
		Role:    who.Role,
	})
	signed, err := token.SignedString(t.keys.Keys[0])
	if err != nil {
		return "", fmt.Errorf("sign an access token for user %d: %w", who.User, err)
	}
	return signed, nil
}

// Verify reads a token, and tells until when it is good; it answers ErrToken for everything but one that Sign made.
func (t *Tokens) Verify(token string) (who Identity, until time.Time, err error) {
	var c claims
	_, err = t.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.keys, nil })
	if err != nil {
		return Identity{}, time.Time{}, ErrToken
	}
	user, err := strconv.ParseInt(c.Subject, 10, 64)
	if err != nil || !c.Role.Covers(Reader) {
		return Identity{}, time.Time{}, ErrToken
	}
	return Identity{User: user, Session: c.Session, Role: c.Role}, c.ExpiresAt.Add(skew), nil
}
