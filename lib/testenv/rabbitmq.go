package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"example.com/app/lib/private"
)

const stopTimeout = 30 * time.Second

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
	for _, step := range []func(context.Context) error{r.configure, r.startNames, r.start} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, r.Stop())
		}
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
	return "", errors.New("find RabbitMQ: there is none on this machine: " + install + ", or set TEST_AMQP_URL and TEST_AMQP_MANAGEMENT_URL")
}
