package strict

import "strings"

// Problem is one thing that is wrong with what came from outside.
type Problem struct {
	Pointer string `json:"pointer" doc:"where: a JSON pointer into the body, or /query/NAME, /header/NAME"`
	Code    string `json:"code" doc:"what: a stable word for programs"`
	Detail  string `json:"detail" doc:"what: a sentence for people"`
}

// Problems is an error that lists everything that is wrong, at most a hundred entries of it.
type Problems []Problem

// SyntaxError says why a body is no strict JSON document at all: codes empty, syntax, utf8, duplicate, trailing.
type SyntaxError Problem

func (e *SyntaxError) Error() string { return sentence(Problem(*e)) }

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = sentence(one)
	}
	return strings.Join(lines, "; ")
}

func sentence(p Problem) string {
	if p.Pointer == "" {
		return p.Detail
	}
	return p.Pointer + " " + p.Detail
}

// Err is nil when there is no problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Merge adds those of more that p does not explain already: what could not be read is not judged as well.
func (p Problems) Merge(more Problems) Problems {
	read := p
	for _, m := range more {
		if !read.explain(m) {
			p = append(p, m)
		}
	}
	return p[:min(len(p), maxProblems)]
}

func (p Problems) explain(m Problem) bool {
	for _, one := range p {
		switch {
		case one.Pointer == m.Pointer, below(m.Pointer, one.Pointer):
			return true
		case m.Code == "required" && below(one.Pointer, m.Pointer):
			return true
		}
	}
	return false
}

func below(pointer, parent string) bool {
	if parent == "" {
		return !strings.HasPrefix(pointer, "/query/") && !strings.HasPrefix(pointer, "/header/")
	}
	rest, ok := strings.CutPrefix(pointer, parent)
	return ok && strings.HasPrefix(rest, "/")
}
