package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Standby runs a server that follows this one by streaming replication, in about 1 s. This one stops for it, and starts again.
func (p *PostgresServer) Standby() *PostgresServer {
	p.t.Helper()

	data, err := filepath.Rel(p.options.DataDir, p.server.Data())
	if err != nil {
		p.t.Fatal(err)
	}
	s := idlePostgres(p.t)
	p.Stop()
	if out, err := exec.CommandContext(p.t.Context(), "cp", "-a", p.options.DataDir+"/.", s.options.DataDir).CombinedOutput(); err != nil {
		p.t.Fatalf("copy the data of the primary: %v\n%s", err, out)
	}
	p.Start()
	follow(p, filepath.Join(s.options.DataDir, data))
	s.Start()
	p.t.Cleanup(s.Kill)
	return s
}

// follow makes a copy of the primary's data that of a standby.
func follow(primary *PostgresServer, data string) {
	primary.t.Helper()

	lines := fmt.Sprintf("primary_conninfo = 'host=127.0.0.1 port=%d user=postgres'\nwal_retrieve_retry_interval = 100ms\n", primary.options.Port)
	settings, err := os.OpenFile(filepath.Join(data, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		primary.t.Fatal(err)
	}
	defer settings.Close()
	if _, err := settings.WriteString(lines); err != nil {
		primary.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "standby.signal"), nil, 0o644); err != nil {
		primary.t.Fatal(err)
	}
}
