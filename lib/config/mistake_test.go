package config_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"example.com/app/lib/config"
)

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	t.Parallel()

	envFile := file(t, "PORT=http\nCOLOR=blue\n")
	empty, absent := file(t, "\n"), t.TempDir()+"/absent"
	_, err := config.Load(new(settings), config.Options{
		EnvFile: envFile,
		Environ: []string{
			"LOUD=very", "LEVEL=loud", "KEY=abc", "PATIENCE=10", "WAITS=1s,,2s", "WORKERS=0",
			"URL=http://guest:hush@h/", "URL_EAST=x", "URL_EAST_FILE=x", "URL_WEST_FILE=" + empty, "URL_SOUTH_FILE=" + absent,
		},
		Set: []string{"PROT=1", "PORT", "NAME_FILE=" + absent},
	})

	const url = "must be a URL that begins with amqp:// or amqps://, special characters in its password percent-encoded"
	want := []string{
		`15 mistakes in the settings:`,
		`PROT (--set): no setting has this name; did you mean PORT?`,
		`PORT (--set): must be given as NAME=VALUE`,
		`PORT is "http" (` + envFile + `): must be a whole number from 1 to 65535`,
		`COLOR is "blue" (` + envFile + `): must be red or green`,
		`LOUD is "very" (environment): must be on, off, true or false`,
		`LEVEL is "loud" (environment): must be debug, info, warn or error`,
		`NAME_FILE is "` + absent + `" (--set): must be a file that can be read: no such file or directory`,
		`KEY is "xxxxx" (environment): must be a text of at least 4 characters`,
		`PATIENCE is "10" (environment): must be a duration like 500ms, 20s or 1m30s of at least 1s`,
		`URL is "http://guest:xxxxx@h/" (environment): ` + url,
		`URL_EAST is "x" (environment): must not be set together with URL_EAST_FILE`,
		`URL_SOUTH_FILE is "` + absent + `" (environment): must be a file that can be read: no such file or directory`,
		`URL_WEST_FILE is "` + empty + `" (environment): must be a file with a value in it: it is empty`,
		`WAITS is "1s,,2s" (environment): must be a comma-separated list, each value a duration like 500ms, 20s or 1m30s of at least 1ms`,
		`WORKERS is "0" (environment): must be a whole number of at least 1`,
	}
	if got := strings.Split(err.Error(), "\n"); strings.Join(trim(got), "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(config.MistakesOf(err)); n != 15 {
		t.Errorf("got %d mistakes", n)
	}
}

func trim(lines []string) []string {
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

func TestRulesOverSeveralSettingsTellWhatWasGiven(t *testing.T) {
	t.Parallel()

	_, err := config.Load(new(settings), config.Options{Environ: []string{"LOUD=on"}, Set: []string{"COLOR=green"}})
	if err == nil || err.Error() != `LOUD is "on" (environment): must be off when COLOR is green` {
		t.Errorf("got %v", err)
	}

	_, err = config.Load(new(settings), config.Options{Environ: []string{"LOUD=on"}, Set: []string{"COLOR=greenish"}})
	if err == nil || err.Error() != `COLOR is "greenish" (--set): must be red or green` {
		t.Errorf("got %v", err)
	}
}

func TestRequiredSettingMustBeSet(t *testing.T) {
	t.Parallel()

	type needy struct {
		Key string `name:"KEY" validate:"required,min=32" secret:"true"`
	}
	_, err := config.Load(new(needy), config.Options{Environ: []string{"KEY="}})
	if err == nil || err.Error() != "KEY is not set: must be a text of at least 32 characters" {
		t.Errorf("got %v", err)
	}
}

func TestBrokenEnvFileIsToldWithoutItsSecrets(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"PORT=1\n\nKEY hush\nNAME=x\n":           "line 3 must be NAME=VALUE, with a closing quote if there is an opening one",
		"NAME='a\nb'\nKEY=\"hush\nPORT=1\nX=1\n": "line 3 must be NAME=VALUE, with a closing quote if there is an opening one",
		"hush":                                   "line 1 must be NAME=VALUE, with a closing quote if there is an opening one",
	} {
		path := file(t, text)
		_, err := config.Load(new(settings), config.Options{EnvFile: path})
		if err == nil || err.Error() != path+": "+want {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestUnquotedHashDoesNotCutAValueInSilence(t *testing.T) {
	t.Parallel()

	path := file(t, "PORT=0 # fine\n# NAME=a#b\nKEY=hush#hush\nNAME='a#b'\n")
	_, err := config.Load(new(settings), config.Options{EnvFile: path})
	want := "2 mistakes in the settings:\n  KEY (" + path + "): must be in single quotes, for it has a #; or put a space before the # where a comment begins" +
		"\n  PORT is \"0\" (" + path + "): must be a whole number from 1 to 65535"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestNoPasswordOfAURLIsShown(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"x":                                  "x",
		"@every 30s":                         "@every 30s",
		"ada@host":                           "ada@host",
		"amqp://host:5672/":                  "amqp://host:5672/",
		"amqp://guest:hush@host/v":           "amqp://guest:xxxxx@host/v",
		"amqp://guest:hu/sh@host/?a=b":       "amqp://xxxxx@host/",
		"amqp://guest:12/34@host/":           "amqp://xxxxx@host/",
		"amqp://guest:hu%sh@host/":           "amqp://xxxxx@host/",
		"amqp://guest:hush":                  "amqp://xxxxx",
		"guest:hush@host":                    "xxxxx@host",
		"amqp:guest:hush@host":               "xxxxx@host",
		"postgres:///db?password=hush":       "postgres:///db?password=xxxxx",
		"postgres://u@h/db?sslpassword=hush": "postgres://u@h/db?sslpassword=xxxxx",
	} {
		_, report := load(t, config.Options{Environ: []string{"NAME=" + text}})
		if got := report.Settings()[4].Value; got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
}

// FuzzPassword holds that nothing that follows amqp://user: is shown up to the last @.
func FuzzPassword(f *testing.F) {
	for _, seed := range []string{"hush", "hu/sh", "hu?sh", "hu#sh", "hu%zzsh", "hu@sh", "[hush", "hu sh"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, noise string) {
		secret := "4f1d9c" + noise + "4f1d9c"
		_, report := load(t, config.Options{Set: []string{"NAME=amqp://user:" + secret + "@host/"}})
		if got := report.Settings()[4].Value; strings.Contains(got, "4f1d9c") {
			t.Errorf("%q is shown as %q", secret, got)
		}
	})
}

// FuzzEnvFile holds that no file breaks the reader, and that a line that cannot be read is told but not shown.
func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"", "PORT=1", "NAME='a\nb'", "NAME=\"", "export X", "\ufeffPORT=2\r\n", "NAME: x", "NAME=$X${X}#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		envFile := file(t, text+"\n4f1d9c")
		_, err := config.Load(new(settings), config.Options{EnvFile: envFile})
		if err == nil || strings.Contains(err.Error(), "4f1d9c") {
			t.Errorf("%q: got %v", text, err)
		}
	})
}

func TestListOfNetworksOrOriginsSaysWhatItWants(t *testing.T) {
	t.Parallel()

	type lists struct {
		Proxies []netip.Prefix `name:"PROXIES"`
		Origins []string       `name:"ORIGINS" validate:"dive,scheme=http https"`
	}
	_, err := config.Load(new(lists), config.Options{Set: []string{"PROXIES=192.0.2.1", "ORIGINS=foo"}})
	for _, want := range []string{
		`PROXIES is "192.0.2.1" (--set): must be a comma-separated list, each value a network like 10.0.0.0/8 or 192.0.2.1/32`,
		`ORIGINS is "foo" (--set): must be a comma-separated list, each value a URL that begins with http:// or https://`,
	} {
		if err == nil || !slices.Contains(trim(strings.Split(err.Error(), "\n")), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
