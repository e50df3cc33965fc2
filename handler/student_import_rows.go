package handler

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"

	"example.com/app/lib/spool"
	"example.com/app/models"
)

// spooledRows are on disk, so that whoever walks them waits for no processor and no client.
type spooledRows struct {
	file     *spool.File
	buffered *bufio.Writer
	encoder  *gob.Encoder
}

func newSpooledRows() (*spooledRows, error) {
	file, err := spool.Create()
	if err != nil {
		return nil, fmt.Errorf("keep the rows: %w", err)
	}
	buffered := bufio.NewWriter(file)
	return &spooledRows{file, buffered, gob.NewEncoder(buffered)}, nil
}

func (s *spooledRows) add(row models.StudentImportRow) error {
	if err := s.encoder.Encode(row); err != nil {
		return fmt.Errorf("keep row %d: %w", row.Number, err)
	}
	return nil
}

func (s *spooledRows) flush() error {
	if err := s.buffered.Flush(); err != nil {
		return fmt.Errorf("keep the rows: %w", err)
	}
	return nil
}

// all walks the rows from the first one, each time that it is ranged over. It is for after flush.
func (s *spooledRows) all(yield func(models.StudentImportRow, error) bool) {
	for decoder := gob.NewDecoder(bufio.NewReader(s.file.Open())); ; {
		var row models.StudentImportRow
		err := decoder.Decode(&row)
		if errors.Is(err, io.EOF) || !yield(row, err) || err != nil {
			return
		}
	}
}
