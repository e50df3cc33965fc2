package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// port is one that a mode listens on.
type port struct {
	setting, mode string
	number        int
}

func (d doctor) ports() []examination {
	all := []port{
		{"API_PORT", "run", d.APIPort},
		{"OPS_PORT", "run", d.OpsPort},
		{"AMQ_PORT", "consume", d.AMQPort},
		{"SCHEDULE_PORT", "schedule", d.SchedulePort},
	}
	var exams []examination
	for i, p := range all {
		exams = append(exams, examination{"port " + p.setting, p.setting, func(ctx context.Context) []finding {
			return []finding{d.port(ctx, p, all[:i])}
		}})
	}
	return exams
}

// port is fine when it is free, and when a mode of this program has it.
func (d doctor) port(ctx context.Context, p port, before []port) finding {
	check := "port " + p.setting
	for _, other := range before {
		if p.number == other.number && p.number != 0 {
			return twice(check, p, other)
		}
	}

	l, err := net.Listen("tcp", net.JoinHostPort(d.Host, strconv.Itoa(p.number)))
	switch {
	case err == nil:
		_ = l.Close()
		return finding{check, fine, fmt.Sprintf("%d is free", p.number), ""}
	case ours(ctx, opsURL(d.Host, p.number)):
		return finding{check, fine, fmt.Sprintf("%d is in use by this program", p.number), ""}
	}
	return finding{check, fault, err.Error(), listenAdvice(err, p.setting)}
}

func twice(check string, p, other port) finding {
	found := fmt.Sprintf("%d is %s, too", p.number, other.setting)
	if p.mode == other.mode {
		return finding{check, fault, found, "set them to different ports"}
	}
	return finding{check, warning, found, fmt.Sprintf("set them to different ports, unless app %s and app %s run on different hosts", other.mode, p.mode)}
}

// ours tells a listener of this program by how it says that it lives.
func ours(ctx context.Context, base string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/livez", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var said struct {
		Status string `json:"status"`
	}
	return json.NewDecoder(res.Body).Decode(&said) == nil && said.Status == "alive"
}
