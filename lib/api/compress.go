package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// worthwhile is from how many bytes on an answer is compressed: a smaller one fits into a packet as it is.
const worthwhile = 1 << 10

// packer compresses one answer at a time.
type packer struct {
	out  bytes.Buffer
	gzip *gzip.Writer
}

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &packer{gzip: w}
}}

// pack is body in gzip; release the packer when that was sent.
func pack(body []byte) (*packer, error) {
	p := packers.Get().(*packer)
	p.out.Reset()
	p.gzip.Reset(&p.out)
	_, err := p.gzip.Write(body)
	return p, errors.Join(err, p.gzip.Close())
}

func (p *packer) release() {
	if p.out.Cap() <= keptBody {
		packers.Put(p)
	}
}

// acceptsGzip reads Accept-Encoding as RFC 9110 writes it. A client that says nothing is sent plain text.
func acceptsGzip(h http.Header) bool {
	other := false
	for _, line := range h["Accept-Encoding"] {
		for item := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(item, ";")
			switch coding = strings.TrimSpace(coding); {
			case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
				return weighs(weight)
			case coding == "*":
				other = weighs(weight)
			}
		}
	}
	return other
}

// weighs tells whether a weight, "q=0.5" or nothing, is above 0.
func weighs(weight string) bool {
	weight = strings.TrimSpace(weight)
	if weight == "" {
		return true
	}
	name, value, _ := strings.Cut(weight, "=")
	q, err := strconv.ParseFloat(value, 64)
	return strings.EqualFold(name, "q") && err == nil && q > 0
}
