package spelling_test

import (
	"testing"

	"example.com/app/lib/spelling"
)

func TestSlipOfANameLeadsToIt(t *testing.T) {
	t.Parallel()

	known := []string{"ENV", "API_PORT", "OPS_PORT", "DATABASE_URL", "rename_students", "rename_students_hourly"}
	for word, want := range map[string]string{
		"API_PROT":         "API_PORT",
		"api_port":         "API_PORT",
		"AP_PORT":          "API_PORT",
		"DATABSE_URI":      "DATABASE_URL",
		"rename_student":   "rename_students",
		"renam_student_hr": "rename_students",
		"EVN":              "",
		"EN":               "ENV",
		"PATH":             "",
		"":                 "",
	} {
		if got := spelling.Nearest(word, known); got != want {
			t.Errorf("%q leads to %q, want %q", word, got, want)
		}
	}
}

func TestQuestionIsAskedOnlyWhenANameIsNear(t *testing.T) {
	t.Parallel()

	known := []string{"example.main", "example.audit"}
	for word, want := range map[string]string{
		"example.mian": "; did you mean example.main?",
		"billing":      "",
	} {
		if got := spelling.Question(word, known); got != want {
			t.Errorf("of %q it is asked %q", word, got)
		}
	}
}
