package handler

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"example.com/app/lib/strict"
	"example.com/app/models"
	"example.com/app/schemas"
)

const (
	importLine   = 64 << 10 // bytes of a row
	importReason = 500      // bytes of what is told about one
)

var errLine = errors.New("it is longer than 64 KiB")

// spool keeps the good rows of an import in a temporary file, and what is wrong with the others.
type spool struct {
	file     *os.File
	into     *bufio.Writer
	good     int
	refused  int
	large    bool // there were more rows than may be
	refusals []models.StudentImportRefusal
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "import-*")
	if err != nil {
		return nil, fmt.Errorf("open a file for the rows: %w", err)
	}
	return &spool{file: file, into: bufio.NewWriter(file)}, nil
}

func (s *spool) close() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}

// fill reads a row a line. It answers models.ErrImportLarge for too many, and ErrImportEmpty for none; it reads to the
// end even then, for many clients hear no answer while they send.
func (s *spool) fill(from io.Reader) error {
	lines := bufio.NewReaderSize(from, importLine+1)
	skipMark(lines)
	for number := 1; ; number++ {
		line, long, end := readLine(lines)
		if end != nil && !errors.Is(end, io.EOF) {
			return fmt.Errorf("read line %d: %w", number, end)
		}
		if err := s.add(number, line, long); err != nil {
			return err
		}
		if end != nil {
			return s.finish()
		}
	}
}

// skipMark passes over the byte order mark with which some editors begin a file. A read that fails does so again.
func skipMark(r *bufio.Reader) {
	const mark = "\uFEFF"
	if head, _ := r.Peek(len(mark)); string(head) == mark {
		_, _ = r.Discard(len(mark))
	}
}

// readLine passes over a line that is too long for r.
func readLine(r *bufio.Reader) (line []byte, long bool, err error) {
	line, err = r.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		_, err = r.ReadSlice('\n')
	}
	return line, long, err
}

func (s *spool) add(number int, line []byte, long bool) error {
	if !long && len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if s.good+s.refused == models.MaxImportRows {
		s.large = true
		return nil
	}

	var in schemas.StudentIn
	err := errLine
	if !long {
		err = strict.Decode(line, &in)
	}
	if err != nil {
		s.refuse(number, err)
		return nil
	}
	s.good++
	return json.NewEncoder(s.into).Encode(models.StudentImportRow{Number: number, Name: in.Name})
}

func (s *spool) refuse(number int, err error) {
	s.refused++
	if len(s.refusals) == models.MaxImportRefusals {
		return
	}
	reason := strings.ReplaceAll(err.Error(), "\x00", "\uFFFD")
	reason = strings.ToValidUTF8(reason[:min(len(reason), importReason)], "")
	s.refusals = append(s.refusals, models.StudentImportRefusal{Number: number, Reason: reason})
}

func (s *spool) finish() error {
	switch {
	case s.large:
		return models.ErrImportLarge
	case s.good+s.refused == 0:
		return models.ErrImportEmpty
	}
	return s.into.Flush()
}

// all walks the good rows from the first, each time that it is ranged over.
func (s *spool) all() iter.Seq2[models.StudentImportRow, error] {
	return func(yield func(models.StudentImportRow, error) bool) {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			yield(models.StudentImportRow{}, err)
			return
		}
		for rows := json.NewDecoder(s.file); ; {
			var row models.StudentImportRow
			err := rows.Decode(&row)
			if errors.Is(err, io.EOF) || !yield(row, err) || err != nil {
				return
			}
		}
	}
}
