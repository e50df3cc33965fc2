package telemetry

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// Trace ties together what different processes do for one reason: it comes with a request or a message, and goes
// on with every message that is sent because of it.
type Trace struct {
	CorrelationID string // the request's id, or that of the message which began it
	Traceparent   string // W3C Trace Context; empty: none
}

const traceparentLength = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

// ID is the trace's id, 32 hexadecimal digits; empty without a valid Traceparent.
func (t Trace) ID() string {
	if len(t.Traceparent) != traceparentLength {
		return ""
	}
	return t.Traceparent[3:35]
}

// SpanID is the id of the span that the Traceparent names, 16 hexadecimal digits; empty without a valid one.
func (t Trace) SpanID() string {
	if len(t.Traceparent) != traceparentLength {
		return ""
	}
	return t.Traceparent[36:52]
}

// Sampled tells whether somebody records the span that the Traceparent names.
func (t Trace) Sampled() bool {
	flags, err := hex.DecodeString(t.Traceparent[max(0, len(t.Traceparent)-2):])
	return err == nil && len(flags) == 1 && flags[0]&1 == 1
}

// ValidTraceparent tells whether s is a W3C traceparent of version 00.
func ValidTraceparent(s string) bool {
	return len(s) == traceparentLength && s[:3] == "00-" && s[35] == '-' && s[52] == '-' &&
		isID(s[3:35]) && isID(s[36:52]) && isHex(s[53:])
}

func isID(s string) bool { return isHex(s) && strings.Trim(s, "0") != "" }

// isHex takes lower case only, as the standard does.
func isHex(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}

// NewTraceparent begins a trace that nobody records.
func NewTraceparent() string {
	var ids [24]byte
	binary.LittleEndian.PutUint64(ids[:], rand.Uint64()|1) // an id of zeros is none
	binary.LittleEndian.PutUint64(ids[8:], rand.Uint64())
	binary.LittleEndian.PutUint64(ids[16:], rand.Uint64()|1)

	text := [traceparentLength]byte{0: '0', 1: '0', 2: '-', 35: '-', 52: '-', 53: '0', 54: '0'}
	hex.Encode(text[3:35], ids[:16])
	hex.Encode(text[36:52], ids[16:])
	return string(text[:])
}
