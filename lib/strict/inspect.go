package strict

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	noNul   = "must not contain the character U+0000"
	tooDeep = "must not be nested deeper than 64 levels"
)

// inspect looks into a value that is kept as a whole, which starts depth levels deep, for what no type would refuse.
func inspect(raw jsontext.Value, depth int) (code, detail string) {
	if k := raw.Kind(); k != '{' && k != '[' && !bytes.Contains(raw, []byte(`\u0000`)) {
		return "", ""
	}

	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	for {
		token, err := d.ReadToken()
		switch {
		case err != nil:
			return "", ""
		case token.Kind() == '"' && strings.IndexByte(token.String(), 0) >= 0:
			return "nul", noNul
		case depth+d.StackDepth() > maxDepth:
			return "depth", tooDeep
		}
	}
}
