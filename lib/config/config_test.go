package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/config"
)

type settings struct {
	Port     int           `name:"PORT" default:"80" validate:"min=1,max=65535" help:"where it listens"`
	Color    string        `name:"COLOR" default:"red" validate:"oneof=red green"`
	Loud     bool          `name:"LOUD" default:"off"`
	Level    slog.Level    `name:"LEVEL" default:"info" reload:"true"`
	Name     string        `name:"NAME"`
	Key      string        `name:"KEY" secret:"true" validate:"min=4"`
	Patience time.Duration `name:"PATIENCE" default:"2s" validate:"min=1s"`
	inner
	More struct {
		Waits []time.Duration `name:"WAITS" default:"1s,2s" validate:"min=1,dive,min=1ms"`
	}
	Workers int `name:"WORKERS" validate:"min=1"`
}

type inner struct {
	URL  string            `name:"URL" default:"amqp://guest:guest@localhost/" validate:"scheme=amqp amqps"`
	URLs map[string]string `name:"URL_*" validate:"scheme=amqp amqps" help:"further"`
}

func (s *settings) SetDefaults() {
	if s.Workers == 0 {
		s.Workers = s.Port * 2
	}
}

func (s *settings) Check() []config.Mistake {
	if s.Loud && s.Color == "green" {
		return []config.Mistake{{Name: "LOUD", Rule: "must be off when COLOR is green"}}
	}
	return nil
}

// file writes text into a new file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, o config.Options) (settings, *config.Report) {
	t.Helper()
	var s settings
	report, err := config.Load(&s, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, report
}

func TestALaterLayerWins(t *testing.T) {
	t.Parallel()

	envFile := file(t, "PORT=1\nCOLOR=green\nexport NAME='from # the file' # why\nLEVEL=warn\n")
	s, report := load(t, config.Options{
		EnvFile: envFile,
		Environ: []string{"PORT=2", "COLOR=", "LEVEL=error", "PATH=/bin", "port=9"},
		Set:     []string{"PORT=3", "PORT=4", "NAME="},
	})

	if s.Port != 4 || s.Color != "green" || s.Level != slog.LevelError || s.Name != "" || s.Patience != 2*time.Second {
		t.Errorf("got %+v", s)
	}
	for name, want := range map[string]string{
		"PORT": "--set", "COLOR": envFile, "LEVEL": "environment", "NAME": "--set", "PATIENCE": "default", "PATH": "",
	} {
		if got := report.Origin(name); got != want {
			t.Errorf("%s comes from %q, want %q", name, got, want)
		}
	}
}

func TestEveryKindOfFieldIsRead(t *testing.T) {
	t.Parallel()

	s, _ := load(t, config.Options{Environ: []string{
		"LOUD=ON", "LEVEL=debug", "PATIENCE=1m30s", "WAITS=1ms, 1h", "URL=amqps://h/v", "URL_EAST_1=amqp://east",
	}})

	if !s.Loud || s.Level != slog.LevelDebug || s.Patience != 90*time.Second || s.URL != "amqps://h/v" {
		t.Errorf("got %+v", s)
	}
	if want := []time.Duration{time.Millisecond, time.Hour}; !slices.Equal(s.More.Waits, want) {
		t.Errorf("got waits %v, want %v", s.More.Waits, want)
	}
	if len(s.URLs) != 1 || s.URLs["east_1"] != "amqp://east" {
		t.Errorf("got %v", s.URLs)
	}
}

func TestComputedDefaultFollowsOtherSettings(t *testing.T) {
	t.Parallel()

	s, report := load(t, config.Options{Environ: []string{"PORT=21"}})
	if s.Workers != 42 || report.Origin("WORKERS") != "default" {
		t.Errorf("got %d from %s", s.Workers, report.Origin("WORKERS"))
	}

	s, report = load(t, config.Options{Environ: []string{"WORKERS=3"}})
	if s.Workers != 3 || report.Origin("WORKERS") != "environment" {
		t.Errorf("got %d from %s", s.Workers, report.Origin("WORKERS"))
	}
}

func TestReportKeepsTheOrderOfTheStructAndMasksSecrets(t *testing.T) {
	t.Parallel()

	_, report := load(t, config.Options{Environ: []string{
		"KEY=hush-hush", "URL_WEST=amqp://u:hush@west/", "URL_EAST=amqp://east/", "WORKERS=1",
	}})

	got := make([]string, 0, len(report.Settings()))
	for _, s := range report.Settings() {
		got = append(got, s.Name+"="+s.Value)
	}
	want := []string{
		"PORT=80", "COLOR=red", "LOUD=off", "LEVEL=info", "NAME=", "KEY=xxxxx", "PATIENCE=2s",
		"URL=amqp://guest:xxxxx@localhost/", "URL_EAST=amqp://east/", "URL_WEST=amqp://u:xxxxx@west/",
		"WAITS=1s,2s", "WORKERS=1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	_, report = load(t, config.Options{})
	if i := slices.Index(report.Settings(), config.Setting{Name: "URL_*", Origin: "default", Help: "further"}); i != 8 {
		t.Errorf("a map without entries is at %d of %v", i, report.Settings())
	}
}

func TestMissingEnvFileIsEmptyUnlessItWasAskedFor(t *testing.T) {
	t.Parallel()

	missing := filepath.Join(t.TempDir(), "none.env")
	load(t, config.Options{EnvFile: missing})

	_, err := config.Load(new(settings), config.Options{EnvFile: missing, EnvFileRequired: true})
	if err == nil || err.Error() != missing+": must be a file that can be read: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

func TestUnknownNamesInTheEnvFileAreTold(t *testing.T) {
	t.Parallel()

	_, report := load(t, config.Options{EnvFile: file(t, "PROT=1\nPORT=2\nport=3\nURL_=x\nURL_FILE_FILE=x\nB=a#b\n")})

	got := make([]string, 0, len(report.Unknown()))
	for _, m := range report.Unknown() {
		got = append(got, m.Name)
	}
	if want := []string{"B", "PROT", "URL_", "URL_FILE_FILE", "port"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNameThatWasMeantIsToldBesideAnUnknownOne(t *testing.T) {
	t.Parallel()

	envFile := file(t, "PROT=1\npatience=3s\nCOLOUR_FILE=x\nTERRIBLE=1\n")
	_, report := load(t, config.Options{EnvFile: envFile})

	got := make([]string, 0, len(report.Unknown()))
	for _, m := range report.Unknown() {
		got = append(got, strings.Replace(m.Error(), envFile, ".env", 1))
	}
	want := []string{
		"COLOUR_FILE (.env): no setting has this name; did you mean COLOR_FILE?",
		"PROT (.env): no setting has this name; did you mean PORT?",
		"TERRIBLE (.env): no setting has this name",
		"patience (.env): no setting has this name; did you mean PATIENCE?",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
