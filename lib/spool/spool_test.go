package spool_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/app/lib/spool"
)

func TestFileIsReadFromItsBeginningEachTime(t *testing.T) {
	t.Parallel()
	f, err := spool.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := io.WriteString(f, "Ada"); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		if all, err := io.ReadAll(f.Open()); string(all) != "Ada" || err != nil {
			t.Errorf("read %q, %v", all, err)
		}
	}
}

func TestFileIsGoneOnceItIsClosedAndHasNoNameBefore(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder) // on Windows
	f, err := spool.Create()
	if err != nil {
		t.Fatal(err)
	}

	if during, err := os.ReadDir(folder); len(during) > 0 && runtime.GOOS != "windows" || err != nil {
		t.Errorf("a crash would leave %v, %v", during, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadDir(folder); len(after) > 0 || err != nil {
		t.Errorf("%v is left, %v", after, err)
	}
}

func TestFolderThatIsNotThereIsToldWithWhatToSet(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	t.Setenv("TMPDIR", absent)
	t.Setenv("TMP", absent)
	if err := spool.Try(); err == nil || !strings.Contains(err.Error(), "set TMPDIR to") {
		t.Errorf("answered %v", err)
	}
}
