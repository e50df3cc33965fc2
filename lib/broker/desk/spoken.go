package desk

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

type (
	binary struct {
		Bytes []byte `json:"base64"`
	}
	other struct {
		Text string `json:"text"`
	}
)

// spoken is a header's value, or a body, as JSON can say it without loss.
func spoken(value any) any {
	switch v := value.(type) {
	case string:
		if !utf8.ValidString(v) {
			return binary{[]byte(v)}
		}
	case []byte:
		return binary{v}
	case time.Time: // its own way to JSON refuses some years
		if v.IsZero() {
			return nil
		}
		return v.Format(time.RFC3339Nano)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return other{fmt.Sprint(v)}
		}
	case float32:
		return spoken(float64(v))
	case map[string]any:
		said := make(map[string]any, len(v))
		for name, field := range v {
			said[name] = spoken(field)
		}
		return said
	case []any:
		said := make([]any, len(v))
		for i := range v {
			said[i] = spoken(v[i])
		}
		return said
	case nil, bool, int, int8, int16, int32, int64, uint8, uint16, uint32, uint64:
	default:
		return other{fmt.Sprint(v)}
	}
	return value
}
