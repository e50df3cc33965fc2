package embedded

import (
	"fmt"
	"os"
	"strings"
)

// leftoverError is a start that fails because of what the previous server has not yet given back.
type leftoverError struct{ log string }

func (e *leftoverError) Error() string { return "start postgres: " + e.log }

func (s *Server) explain() error {
	log, err := os.ReadFile(s.home.log())
	if err != nil {
		return fmt.Errorf("read why postgres ended at its start: %w", err)
	}
	text := strings.TrimSpace(string(log))
	for _, sign := range []string{"still in use", "already exists", "could not bind"} {
		if strings.Contains(text, sign) {
			return &leftoverError{log: text}
		}
	}
	return fmt.Errorf("start postgres: %w\n%s", s.process.Err(), text)
}
