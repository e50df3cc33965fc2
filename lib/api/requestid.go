package api

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"net/http"
)

// requestID is the client's own id when it is 1 to 64 printable ASCII characters, or a new one, as a header value.
func requestID(h http.Header) []string {
	if given := h["X-Request-Id"]; len(given) == 1 && printable(given[0]) {
		return given
	}
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	return []string{hex.EncodeToString(raw[:])}
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// withID adds the request's id to each record: cheaper than Logger.With, which formats it for every request.
type withID struct {
	slog.Handler
	id string
}

func (h *withID) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.String("request_id", h.id))
	return h.Handler.Handle(ctx, r)
}

func (h *withID) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &withID{h.Handler.WithAttrs(attrs), h.id}
}

func (h *withID) WithGroup(name string) slog.Handler {
	return h.Handler.WithAttrs([]slog.Attr{slog.String("request_id", h.id)}).WithGroup(name)
}
