// Package spool keeps on disk what is too large for memory, for as long as somebody works with it.
package spool

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// File is gone once it is closed. Where the system lets go of the name of an open file it has none from the beginning,
// so that not even a crash leaves it behind.
type File struct {
	*os.File
	named bool
}

// Create makes a file in the folder that the environment's TMPDIR names, /tmp without it.
func Create() (*File, error) {
	file, err := os.CreateTemp("", "spool-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w: set TMPDIR to a folder that this user may write", err)
	}
	return &File{file, os.Remove(file.Name()) != nil}, nil
}

// Try fails where Create would.
func Try() error {
	file, err := Create()
	if err != nil {
		return err
	}
	return file.Close()
}

// Open reads the file from its first byte, each time anew.
func (f *File) Open() io.Reader { return io.NewSectionReader(f, 0, math.MaxInt64) }

// Close gives the room on the disk back.
func (f *File) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
