package cmd

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.com/app/schemas"
)

func importCommand(f *flags) *cobra.Command {
	var to apiURL
	var tokenFile string
	var noWait bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Create students from a file through the API, - for standard input, and wait until all are there",
		Long: "Create students from a file through the API, - for standard input, and wait until all are there.\n\n" +
			"The file has a JSON object a line, each like the body of POST /api/v1/students, at most 100,000 of them.\n" +
			"The exit status is 1 when a row was refused or went wrong; the others become students all the same.",
		Example: "  app import students.ndjson\n  echo '{\"name\": \"Ada\"}' | app import --url http://127.0.0.1:8090 -",
		Args:    exactly("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			s, _, err := f.load(c)
			if err != nil {
				return err
			}
			if to.URL == nil {
				if err := to.Set(opsURL(s.Host, s.APIPort)); err != nil {
					return err
				}
			}
			client := importClient{base: to.URL}
			if client.token, err = readToken(tokenFile); err != nil {
				return err
			}
			return client.run(c, args[0], noWait)
		},
	}
	c.Flags().Var(&to, "url", "where the API is; unset: on this host, at HOST and API_PORT")
	c.Flags().StringVar(&tokenFile, "token-file", "", "file with the access_token of an editor's log-in; unset: none")
	c.Flags().BoolVar(&noWait, "no-wait", false, "end as soon as the API has the file")
	return c
}

// readToken takes a file, since everybody on this host can see the arguments of a command.
func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the access token: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// apiURL is where an API is.
type apiURL struct{ *url.URL }

func (u *apiURL) String() string {
	if u.URL == nil {
		return ""
	}
	return u.URL.String()
}

func (*apiURL) Type() string { return "url" }

func (u *apiURL) Set(s string) error {
	parsed, err := url.Parse(s)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return errors.New("want http://HOST:PORT")
	}
	u.URL = parsed
	return nil
}

func (i *importClient) run(c *cobra.Command, name string, noWait bool) error {
	file, size, err := openImport(c, name)
	if err != nil {
		return err
	}
	defer file.Close()

	out, err := i.upload(c, file, size)
	if err != nil {
		return err
	}
	if !noWait {
		if out, err = i.follow(c, out); err != nil {
			return err
		}
	}
	if err := showImport(c, out); err != nil {
		return err
	}
	if out.Refused+out.Dead > 0 {
		return fmt.Errorf("import %d: %d rows were refused and %d are dead", out.ID, out.Refused, out.Dead)
	}
	return nil
}

// openImport tells the size too, or -1 where that shows only at the end.
func openImport(c *cobra.Command, name string) (file io.ReadCloser, size int64, err error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), -1, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("read the rows: %w", err)
	}
	about, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, errors.Join(fmt.Errorf("read the rows: %w", err), f.Close())
	case about.IsDir():
		return nil, 0, errors.Join(fmt.Errorf("read the rows: %s is a directory", name), f.Close())
	case !about.Mode().IsRegular():
		return f, -1, nil
	default:
		return f, about.Size(), nil
	}
}

func showImport(c *cobra.Command, out schemas.StudentImportOut) error {
	header := []string{"IMPORT", "TOTAL", "CREATED", "WAITING", "DEAD", "REFUSED"}
	err := show(c, header, []schemas.StudentImportOut{out}, func(i schemas.StudentImportOut) []any {
		return []any{i.ID, i.Total, i.Created, i.Waiting, i.Dead, i.Refused}
	})
	if err != nil || asJSON(c) || len(out.Refusals) == 0 {
		return err
	}

	fmt.Fprintln(c.OutOrStdout())
	return show(c, []string{"LINE", "REASON"}, out.Refusals, func(r schemas.StudentImportRefusal) []any {
		return []any{r.Number, oneLine(r.Reason)}
	})
}
