package cmd

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func healthCommand(f *flags) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use:     "health --mode MODE",
		Short:   "Ask a mode on this host whether it is ready; exit status 0 means yes",
		Example: "  app health --mode consume",
		Args: func(c *cobra.Command, args []string) error {
			if _, ok := probePorts(Settings{})[of]; !ok {
				return fmt.Errorf("--mode is %q: want run, consume, schedule or dev", of)
			}
			return cobra.NoArgs(c, args)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			s, _, err := f.load(c)
			if err != nil {
				return err
			}

			answer, err := askReady(c.Context(), opsURL(s.Host, probePorts(s)[of])+"/readyz")
			if err != nil {
				return fmt.Errorf("%s is not ready: %w", of, err)
			}
			fmt.Fprintln(c.OutOrStdout(), answer)
			return nil
		},
	}
	c.Flags().StringVar(&of, "mode", "", "run, consume, schedule or dev")
	return c
}

func probePorts(s Settings) map[string]int {
	return map[string]int{"run": s.OpsPort, "dev": s.OpsPort, "consume": s.AMQPort, "schedule": s.SchedulePort}
}

// opsURL reaches a listener on all addresses through loopback.
func opsURL(host string, port int) string {
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}

func askReady(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()

	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %s", url, res.StatusCode, strings.TrimSpace(string(body)))
	}
	return strings.TrimSpace(string(body)), err
}
