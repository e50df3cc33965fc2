package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// phc is a hash with everything that verifying it takes, written as the PHC string format has it.
type phc struct {
	cost
	salt, key []byte
}

func (h phc) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.memory, h.rounds, h.threads, enc.EncodeToString(h.salt), enc.EncodeToString(h.key))
}

// errPHC keeps the hash itself out of the log.
var errPHC = errors.New("read a password's hash: it is no PHC string of argon2id")

// mostMemory is how much a stored hash may ask for, in KiB.
const mostMemory = 1 << 20

func parsePHC(s string) (phc, error) {
	var h phc
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errPHC
	}
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.rounds, &h.threads)
	if err != nil || h.rounds < 1 || h.threads < 1 || h.memory > mostMemory {
		return h, errPHC
	}

	var errSalt, errKey error
	h.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, errKey = base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(h.key) == 0 || h.String() != s {
		return h, errPHC
	}
	return h, nil
}
