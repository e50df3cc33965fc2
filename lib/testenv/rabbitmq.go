package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/app/lib/private"
)

const stopTimeout = 30 * time.Second

// ErrNoRabbitMQ is a machine without a RabbitMQ server.
var ErrNoRabbitMQ = errors.New("find RabbitMQ: none on this machine")

// RabbitMQ is a private node: its own name, ports, cookie and data, ended with this process.
type RabbitMQ struct {
	bin, dir                      string
	amqp, management, dist, names int // ports; names is that of epmd
	epmd, node                    *private.Process
}

// StartRabbitMQ runs a node with the management plug-in, in about 7 s; Stop ends it and removes its data.
func StartRabbitMQ(ctx context.Context) (_ *RabbitMQ, err error) {
	r := &RabbitMQ{}
	if r.bin, err = rabbitFolder(); err != nil {
		return nil, err
	}
	if r.dir, err = private.Folder("rabbitmq"); err != nil {
		return nil, err
	}
	for _, port := range []*int{&r.amqp, &r.management, &r.dist, &r.names} {
		if *port, err = private.Port(); err != nil {
			return nil, errors.Join(err, r.Stop())
		}
	}
	if err := errors.Join(r.configure(), r.startNames()); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	if err := r.start(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// URL names the node's default virtual host.
func (r *RabbitMQ) URL() string { return fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/", r.amqp) }

// Management is the base URL of the management API, with credentials.
func (r *RabbitMQ) Management() string {
	return fmt.Sprintf("http://guest:guest@127.0.0.1:%d", r.management)
}

// Stop ends the node at once and removes its data.
func (r *RabbitMQ) Stop() error {
	for _, p := range []*private.Process{r.node, r.epmd} {
		if p != nil {
			p.Kill()
		}
	}
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("remove the data of RabbitMQ: %w", err)
	}
	return nil
}

// shutDown ends the node in good order and keeps its data.
func (r *RabbitMQ) shutDown() {
	_ = r.node.Signal(syscall.SIGTERM)
	select {
	case <-r.node.Done():
	case <-time.After(stopTimeout):
		r.node.Kill()
	}
}

// rabbitFolder has the real scripts: those of Debian's and Fedora's /usr/sbin change the user.
func rabbitFolder() (string, error) {
	for _, dir := range []string{"/usr/lib/rabbitmq/bin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin"} {
		if _, err := os.Stat(filepath.Join(dir, "rabbitmq-server")); err == nil {
			return dir, nil
		}
	}
	if path, err := exec.LookPath("rabbitmq-server"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && filepath.Base(path) == "rabbitmq-server" {
			return filepath.Dir(path), nil
		}
	}
	return "", fmt.Errorf("%w\n%s, or set TEST_AMQP_URL and TEST_AMQP_MANAGEMENT_URL", ErrNoRabbitMQ, install)
}

func (r *RabbitMQ) path(name string) string { return filepath.Join(r.dir, name) }

func (r *RabbitMQ) configure() error {
	conf := fmt.Sprintf(`listeners.tcp.default = 127.0.0.1:%d
management.tcp.ip = 127.0.0.1
management.tcp.port = %d
collect_statistics_interval = 1000
vm_memory_high_watermark.absolute = 512MB
log.console.level = warning
`, r.amqp, r.management)
	return errors.Join(
		os.WriteFile(r.path("rabbitmq.conf"), []byte(conf), 0o600),
		os.WriteFile(r.path("enabled_plugins"), []byte("[rabbitmq_management].\n"), 0o600))
}

// startNames runs the node's own epmd in the foreground: the one that Erlang starts would stay behind.
func (r *RabbitMQ) startNames() error {
	cmd := exec.Command("epmd", "-port", fmt.Sprint(r.names), "-address", "127.0.0.1")
	cmd.Dir = r.dir
	var err error
	r.epmd, err = private.Start(cmd, syscall.SIGKILL)
	return err
}

func (r *RabbitMQ) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	log, err := os.Create(r.path("log"))
	if err != nil {
		return fmt.Errorf("open the log of RabbitMQ: %w", err)
	}
	defer log.Close()

	cmd := r.command(context.WithoutCancel(ctx), "rabbitmq-server")
	cmd.Stdout, cmd.Stderr = log, log
	if r.node, err = private.Start(cmd, syscall.SIGKILL); err != nil {
		return err
	}
	return r.await(ctx)
}

func (r *RabbitMQ) await(ctx context.Context) error {
	api := management{r.Management()}
	for {
		err := api.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-r.node.Done():
			text, _ := os.ReadFile(r.path("log"))
			return fmt.Errorf("start RabbitMQ: %w\n%s", r.node.Err(), text)
		case <-ctx.Done():
			return fmt.Errorf("wait for RabbitMQ to answer: %w: %w", ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// command is a script of the node's version that sees this node alone.
func (r *RabbitMQ) command(ctx context.Context, script string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(r.bin, script), args...)
	cmd.Dir = r.dir
	cmd.Env = append(withoutRabbitMQ(os.Environ()),
		"HOME="+r.dir,
		"ERL_EPMD_ADDRESS=127.0.0.1",
		fmt.Sprintf("ERL_EPMD_PORT=%d", r.names),
		"ERL_ZFLAGS=-start_epmd false",
		"RUNNING_UNDER_SYSTEMD=true", // the script becomes the node instead of waiting for it
		"RABBITMQ_CONF_ENV_FILE="+r.path("none"),
		fmt.Sprintf("RABBITMQ_NODENAME=test-%d@localhost", r.dist),
		"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		fmt.Sprintf("RABBITMQ_NODE_PORT=%d", r.amqp),
		fmt.Sprintf("RABBITMQ_DIST_PORT=%d", r.dist),
		"RABBITMQ_MNESIA_BASE="+r.path("mnesia"),
		"RABBITMQ_LOG_BASE="+r.path("logs"),
		"RABBITMQ_LOGS=-",
		"RABBITMQ_PID_FILE="+r.path("pid"),
		"RABBITMQ_CONFIG_FILE="+r.path("rabbitmq.conf"),
		"RABBITMQ_ADVANCED_CONFIG_FILE="+r.path("advanced.config"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+r.path("enabled_plugins"),
		"RABBITMQ_PLUGINS_EXPAND_DIR="+r.path("expand"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 2:2 +A 4 -kernel inet_dist_use_interface {127,0,0,1}",
	)
	return cmd
}

// withoutRabbitMQ leaves out what would lead the scripts to another node.
func withoutRabbitMQ(environ []string) []string {
	var kept []string
	for _, e := range environ {
		if !strings.HasPrefix(e, "RABBITMQ_") && !strings.HasPrefix(e, "ERL_") {
			kept = append(kept, e)
		}
	}
	return kept
}
