package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"reflect"

	"example.com/app/lib/strict"
)

// Cursor says where a page of a list starts: after Key. Clients see an opaque word.
type Cursor[K any] struct{ Key K }

const errForeignCursor = sentence("must be a cursor that this API gave")

// sealed is the number of bytes that tell our cursors from others. They are no secret: a cursor grants nothing.
const sealed = 4

// MarshalText makes the word that goes into a client's hands.
func (c Cursor[K]) MarshalText() ([]byte, error) {
	key, err := strict.Marshal(c.Key)
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode(nil, append(c.seal(key), key...)), nil
}

// UnmarshalText refuses what MarshalText of the same key type did not make.
func (c *Cursor[K]) UnmarshalText(text []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(raw) <= sealed {
		return errForeignCursor
	}
	if !bytes.Equal(raw[:sealed], c.seal(raw[sealed:])) || strict.Unmarshal(raw[sealed:], &c.Key) != nil {
		return errForeignCursor
	}
	return nil
}

// aCursor is met by every Cursor.
type aCursor interface{ seal(key []byte) []byte }

func (Cursor[K]) seal(key []byte) []byte {
	sum := sha256.Sum256(append([]byte(reflect.TypeFor[K]().String()), key...))
	return sum[:sealed:sealed]
}
