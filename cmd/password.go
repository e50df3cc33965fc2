package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// askPassword reads a password twice from a terminal, which does not show it, or else a line of standard input.
func askPassword(c *cobra.Command) (string, error) {
	terminal := int(os.Stdin.Fd())
	if !term.IsTerminal(terminal) {
		return passwordLine(c.InOrStdin())
	}

	password, err := askSilently(c, terminal, "Password: ")
	if err != nil {
		return "", err
	}
	again, err := askSilently(c, terminal, "Again: ")
	if err != nil {
		return "", err
	}
	if password != again {
		return "", errors.New("read the password: the two are not the same")
	}
	return password, nil
}

// longestLine is more than a password may have.
const longestLine = 4 << 10

func passwordLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, longestLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// askSilently gives the terminal back as it was, also when a signal ends the wait.
func askSilently(c *cobra.Command, terminal int, prompt string) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	fmt.Fprint(c.ErrOrStderr(), prompt)
	defer fmt.Fprintln(c.ErrOrStderr())

	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		return string(a.text), a.err
	case <-c.Context().Done():
		return "", errors.Join(context.Cause(c.Context()), term.Restore(terminal, before))
	}
}
