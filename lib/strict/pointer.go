package strict

import (
	"net/http"
	"reflect"
	"strings"
)

// maxPointer is where a pointer is cut: clients choose names and depth.
const maxPointer = 512

var escape = strings.NewReplacer("~", "~0", "/", "~1")

// Pointer is the JSON pointer that these names make, cut when it is longer than 512 bytes.
func Pointer(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("/" + escape.Replace(strings.ToValidUTF8(name, "\uFFFD")))
	}
	return shortened(b.String())
}

func shortened(pointer string) string {
	if len(pointer) <= maxPointer {
		return pointer
	}
	return strings.TrimSuffix(strings.ToValidUTF8(pointer[:maxPointer], ""), "~") + "…"
}

// Source tells which part of a request f comes from, path, query or header, and under which name.
func Source(f reflect.StructField) (part, name string, ok bool) {
	for _, part := range []string{"path", "query", "header"} {
		if name, ok := f.Tag.Lookup(part); ok {
			if part == "header" {
				name = http.CanonicalHeaderKey(name)
			}
			return part, name, true
		}
	}
	return "", "", false
}
