package results_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/app/bench/results"
)

func TestSectionReplacesItselfAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "RESULTS.md")
	read := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}

	for _, figure := range []string{"first", "second"} {
		if err := results.Write(path, "Chaos", figure+"\n"); err != nil {
			t.Fatal(err)
		}
		if text := read(); strings.Count(text, "## Chaos\n") != 1 || strings.Count(text, figure) != 1 {
			t.Fatalf("after the %s run:\n%s", figure, text)
		}
		if figure == "first" {
			around := "# Results\n\n## Speed\n\nfast\n\n" + strings.TrimPrefix(read(), "# Results\n\n") + "\n## Size\n\nsmall\n"
			if err := os.WriteFile(path, []byte(around), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}

	if want := "# Results\n\n## Speed\n\nfast\n\n## Chaos\n\nsecond\n\n## Size\n\nsmall\n"; read() != want {
		t.Errorf("the file is\n%s\nwant\n%s", read(), want)
	}
}
