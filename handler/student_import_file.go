package handler

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"example.com/app/lib/api"
	"example.com/app/lib/cpu"
	"example.com/app/lib/strict"
	"example.com/app/models"
	"example.com/app/schemas"
)

const (
	importLine   = 64 << 10 // bytes of a row
	tooLong      = "it is longer than 64 KiB"
	importReason = 500 // bytes of what is told about one

	// A piece is read at once, without a turn for anybody else. A thousand rows were measured to take 5 ms.
	pieceRows  = 1_000
	pieceBytes = 128 << 10
)

// studentFile is what an import came as: a student a line.
type studentFile struct {
	body api.Stream
	cpu  *cpu.Pool
}

// studentRow is good when it has no reason.
type studentRow struct {
	models.StudentImportRow
	reason string // to refuse it
}

// judge walks the file once. It answers models.ErrImportLarge for too many rows, and ErrImportEmpty for none.
func (f studentFile) judge(ctx context.Context, good *spooledRows) (d models.StudentImportDraft, err error) {
	total := 0
	for row, err := range f.rows(ctx) {
		switch {
		case err != nil:
			return d, err
		case total == models.MaxImportRows:
			return d, models.ErrImportLarge
		}
		total++
		if row.reason == "" {
			if err := good.add(row.StudentImportRow); err != nil {
				return d, err
			}
			continue
		}
		d.Refused++
		if len(d.Refusals) < models.MaxImportRefusals {
			d.Refusals = append(d.Refusals, models.StudentImportRefusal{Number: row.Number, Reason: row.reason})
		}
	}
	if total == 0 {
		return d, models.ErrImportEmpty
	}
	d.Rows = good.all
	return d, good.flush()
}

// rows walks the file from its first line to its last, or to an error.
func (f studentFile) rows(ctx context.Context) iter.Seq2[studentRow, error] {
	return func(yield func(studentRow, error) bool) {
		for p := newPiece(f.body.Open()); !p.last; {
			if err := f.cpu.Wait(ctx, p.read); err != nil {
				yield(studentRow{}, err)
				return
			}
			for _, row := range p.rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// piece is the part of a file that was read last.
type piece struct {
	rows   []studentRow
	last   bool
	from   *bufio.Reader
	number int  // of lines
	long   bool // the line that is being read
}

func newPiece(file io.Reader) *piece {
	p := &piece{from: bufio.NewReaderSize(file, importLine+1)}
	const mark = "\uFEFF" // some editors begin a file with it
	if head, _ := p.from.Peek(len(mark)); string(head) == mark {
		_, _ = p.from.Discard(len(mark))
	}
	return p
}

// read goes on to the next piece.
func (p *piece) read() error {
	p.rows = p.rows[:0]
	for taken := 0; taken < pieceBytes && len(p.rows) < pieceRows && !p.last; {
		line, err := p.from.ReadSlice('\n')
		taken += len(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			p.long = true
			continue
		case errors.Is(err, io.EOF):
			p.last = true
		case err != nil:
			return err
		}
		p.add(line)
	}
	return nil
}

// add judges a line, or the end of one that is too long. Blank ones are passed over.
func (p *piece) add(line []byte) {
	p.number++
	row := studentRow{StudentImportRow: models.StudentImportRow{Number: p.number}}
	var in schemas.StudentIn
	switch {
	case p.long:
		row.reason = tooLong
	case len(bytes.TrimSpace(line)) == 0:
		return
	default:
		row.reason = reasonOf(strict.Decode(line, &in))
		row.Name = in.Name
	}
	p.long = false
	p.rows = append(p.rows, row)
}

func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	reason := strings.ReplaceAll(err.Error(), "\x00", "\uFFFD")
	return strings.ToValidUTF8(reason[:min(len(reason), importReason)], "")
}
