package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strings"

	"example.com/app/lib/strict"
)

// Cursor says where a page of a list starts: after Key. Clients see an opaque word, which is good for the list at the
// path that it came from, whatever that is filtered by.
type Cursor[K any] struct {
	Key  K
	list string // its path in small letters, since an id may be written in capitals too
}

const errForeignCursor = sentence("must be a cursor that this list gave")

// sealed is the number of bytes that tell a list's cursors from others. They are no secret: a cursor grants nothing.
const sealed = 4

// MarshalText makes the word that goes into a client's hands.
func (c Cursor[K]) MarshalText() ([]byte, error) {
	key, err := strict.Marshal(c.Key)
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode(nil, append(c.seal(key), key...)), nil
}

// UnmarshalText refuses what MarshalText of the same list and key type did not make.
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

// PageOf makes a page of at most limit items. Of rows there is one more than that when there is a next page, whose cursor
// is then made of the key of the page's last row; else it is nil.
func PageOf[R, O, K any](rows []R, limit int, out func(R) O, key func(R) K) (items []O, next *Cursor[K]) {
	if len(rows) > limit {
		rows = rows[:limit]
		next = &Cursor[K]{Key: key(rows[limit-1])}
	}
	items = make([]O, len(rows))
	for i, row := range rows {
		items[i] = out(row)
	}
	return items, next
}

func (c Cursor[K]) seal(key []byte) []byte {
	sum := sha256.Sum256(append([]byte(c.list+"\n"+reflect.TypeFor[K]().String()), key...))
	return sum[:sealed:sealed]
}

func (c *Cursor[K]) of(list string) { c.list = strings.ToLower(list) }

// aCursor is the address of a Cursor.
type aCursor interface{ of(list string) }

func isCursor(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[aCursor]())
}

// belong tells the cursors among v's fields which list they are of.
func belong(v reflect.Value, cursors [][]int, list string) {
	for _, index := range cursors {
		f := v.FieldByIndex(index)
		if f.Kind() != reflect.Pointer {
			f = f.Addr()
		}
		if c, ok := f.Interface().(aCursor); ok && !f.IsNil() {
			c.of(list)
		}
	}
}
