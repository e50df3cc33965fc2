package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/app/lib/private"
)

func (r *RabbitMQ) path(name string) string { return filepath.Join(r.dir, name) }

func (r *RabbitMQ) configure(context.Context) error {
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
func (r *RabbitMQ) startNames(ctx context.Context) (err error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "epmd", "-port", strconv.Itoa(r.names), "-address", "127.0.0.1")
	cmd.Dir = r.dir
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
		err := api.ready(ctx, r.amqp)
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
	return slices.DeleteFunc(environ, func(e string) bool {
		return strings.HasPrefix(e, "RABBITMQ_") || strings.HasPrefix(e, "ERL_")
	})
}
