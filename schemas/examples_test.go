package schemas_test

import (
	"encoding/json"
	"testing"

	"example.com/app/lib/strict"
	"example.com/app/schemas"
)

func TestBodiesThatNewcomersSendHaveExamples(t *testing.T) {
	t.Parallel()
	for what, body := range map[string]any{"student": schemas.StudentIn{}, "session": schemas.SessionIn{}} {
		text, err := strict.Schema(body, strict.In)
		if err != nil {
			t.Fatal(err)
		}
		var described struct {
			Properties map[string]struct{ Examples []string }
		}
		if err := json.Unmarshal(text, &described); err != nil {
			t.Fatal(err)
		}
		for name, member := range described.Properties {
			if len(member.Examples) != 1 {
				t.Errorf("%s of a %s has the examples %q", name, what, member.Examples)
			}
		}
	}
}
