package api

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// spool keeps a body in a temporary file: a handler may then take its time, and a transaction need not wait for a
// client that sends slowly.
type spool struct {
	file *os.File
	size int64
}

func newSpool(from io.Reader) (*spool, error) {
	file, err := os.CreateTemp("", "body-*")
	if err != nil {
		return nil, fmt.Errorf("open a file for the body: %w", err)
	}
	s := &spool{file: file}
	if s.size, err = io.Copy(file, from); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *spool) close() error {
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
