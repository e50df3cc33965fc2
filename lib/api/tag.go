package api

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// packed ends the tag of an answer in gzip. A strong tag names bytes (RFC 9110, section 8.8.3), so the two forms of an
// answer must not share one; a weak tag would not do for If-Match. Both name the same version: clients may send either.
const packed = "-gzip"

func packedTag(tag string) string { return strings.TrimSuffix(tag, `"`) + packed + `"` }

func plainTag(tag string) string {
	if plain, ok := strings.CutSuffix(tag, packed+`"`); ok {
		return plain + `"`
	}
	return tag
}

// bodyTag is a strong tag of an answer that has no version: half of its SHA-256.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:len(sum)/2]) + `"`
}

// heldTag is the tag in If-None-Match that names the same version as tag, whose stored answer a 304 makes fresh
// (RFC 9111, section 4.3.4); weakness does not matter there.
func heldTag(given []string, tag string) (held string, ok bool) {
	if len(given) == 0 {
		return "", false
	}
	header := strings.Join(given, ",")
	if strings.TrimSpace(header) == "*" {
		return tag, true
	}
	tags, _ := splitTags(header)
	for _, t := range tags {
		if t = strings.TrimPrefix(t, "W/"); plainTag(t) == tag {
			return t, true
		}
	}
	return "", false
}
