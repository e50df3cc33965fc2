package broker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// maxForeign bounds the headers that came with a message when it is published again: all of its headers travel in
// one frame, commonly of 128 KiB, and ours come on top.
const maxForeign = 64 << 10

// HeaderSize is about how many bytes the headers take on the wire, and never fewer.
func (e Envelope) HeaderSize() int { return sizeOf(e.Headers) }

func sizeOf(value any) int {
	size := 4
	switch v := value.(type) {
	case string:
		return size + len(v)
	case []byte:
		return size + len(v)
	case []any:
		for _, element := range v {
			size += 1 + sizeOf(element)
		}
		return size
	case map[string]any:
		for name, field := range v {
			size += sizeOfHeader(name, field)
		}
		return size
	}
	return 8
}

func sizeOfHeader(name string, value any) int { return 2 + len(name) + sizeOf(value) }

// slim drops the largest of the headers that are not ours until the rest is small enough, and notes it.
func slim(headers map[string]any) {
	sizes := make(map[string]int)
	foreign := 0
	for name, value := range headers {
		if size := sizeOfHeader(name, value); !isOurs(name, size) {
			sizes[name] = size
			foreign += size
		}
	}
	if foreign <= maxForeign {
		return
	}

	largest := slices.SortedFunc(maps.Keys(sizes), func(a, b string) int { return cmp.Compare(sizes[b], sizes[a]) })
	dropped := 0
	for _, name := range largest {
		if foreign-dropped <= maxForeign {
			break
		}
		dropped += sizes[name]
		delete(headers, name)
	}
	headers[HeaderDropped] = fmt.Sprintf("%d bytes of headers were dropped, the largest %.100q", dropped, largest[0])
}

// isOurs knows the headers that the machinery writes, unless somebody else made them larger than it would.
func isOurs(name string, size int) bool {
	switch name {
	case HeaderAttempt, HeaderReason, HeaderError, HeaderErrorClass, HeaderFirstFailedAt,
		HeaderOriginExchange, HeaderOriginKey, HeaderReplays, HeaderDropped:
		return size <= 2*maxError
	}
	return false
}
