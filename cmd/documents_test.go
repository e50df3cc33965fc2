package cmd_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"example.com/app/lib/testenv"
)

func TestDocumentsArePrintedWithoutAnyServer(t *testing.T) {
	t.Parallel()
	for command, meta := range map[string]string{
		"openapi":  "../lib/api/testdata/openapi-3.1.schema.json",
		"asyncapi": "../lib/broker/asyncapi/testdata/asyncapi-3.0.0.schema.json",
	} {
		text, err := os.ReadFile(meta)
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("meta.json", unmarshalled(t, text)); err != nil {
			t.Fatal(err)
		}

		said, status := run(t, t.TempDir(), settings{"DATABASE_URL": "postgres://app:app@127.0.0.1:1/app"}, command)
		if err := c.MustCompile("meta.json").Validate(unmarshalled(t, []byte(said))); err != nil || status != 0 {
			t.Errorf("app %s ended with %d: %v", command, status, err)
		}
	}
}

func unmarshalled(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func TestServedDocumentsAreThosePrinted(t *testing.T) {
	t.Parallel()
	s := servers(t).With(settings{"DEBUG": "true"})
	start(t, t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("API_PORT", "/livez"))

	for _, command := range []string{"openapi", "asyncapi"} {
		printed, _ := run(t, t.TempDir(), s, command)
		status, served := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/"+command+".json"), "")
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, []byte(served), "", "  "); err != nil || status != http.StatusOK || pretty.String()+"\n" != printed {
			t.Errorf("/%s.json answers %d %v %s", command, status, err, served)
		}
	}
}
