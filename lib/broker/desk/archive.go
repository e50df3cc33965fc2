package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"example.com/app/lib/broker"
)

// archive is a file of JSON lines that only grows.
type archive struct{ *os.File }

// openArchive makes the file, for its owner alone, and its folder when they are missing.
func openArchive(path string) (*archive, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}

	a := &archive{f}
	if err := errors.Join(a.endLine(), syncFolder(filepath.Dir(path))); err != nil {
		return nil, errors.Join(fmt.Errorf("open the archive: %w", err), f.Close())
	}
	return a, nil
}

// endLine ends a line that a crash has left in its middle.
func (a *archive) endLine() error {
	size, err := a.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := a.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = a.Write([]byte("\n"))
	return err
}

// syncFolder makes sure that a file which is new there outlives a crash.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // which cannot
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// add returns once the letters are on the disk.
func (a *archive) add(queue string, letters []broker.Delivery) error {
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	out.SetEscapeHTML(false)
	for _, d := range letters {
		if err := out.Encode(newEntry(queue, d)); err != nil {
			return fmt.Errorf("write message %s into the archive: %w", d.ID, err)
		}
	}

	_, err := a.Write(lines.Bytes())
	if err = errors.Join(err, a.Sync()); err != nil {
		return fmt.Errorf("write into the archive: %w", err)
	}
	return nil
}

// entry is all that a letter was. What JSON has no word for is an object: {"base64": …} or {"text": …}.
type entry struct {
	DroppedAt     time.Time `json:"dropped_at"`
	Queue         string    `json:"queue"`
	ID            any       `json:"id"`
	CorrelationID any       `json:"correlation_id"`
	Type          any       `json:"type"`
	ContentType   any       `json:"content_type"`
	Timestamp     any       `json:"timestamp"`
	Exchange      any       `json:"exchange"`
	Key           any       `json:"key"`
	Returns       int       `json:"returns"`
	Headers       any       `json:"headers"`
	Body          any       `json:"body"`
}

func newEntry(queue string, d broker.Delivery) entry {
	return entry{
		DroppedAt:     time.Now().UTC(),
		Queue:         queue,
		ID:            spoken(d.ID),
		CorrelationID: spoken(d.CorrelationID),
		Type:          spoken(d.Type),
		ContentType:   spoken(d.ContentType),
		Timestamp:     spoken(d.Timestamp),
		Exchange:      spoken(d.Exchange),
		Key:           spoken(d.Key),
		Returns:       d.Returns,
		Headers:       spoken(d.Headers),
		Body:          spoken(string(d.Body)),
	}
}
