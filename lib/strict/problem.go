package strict

import "strings"

// Problem is one thing that is wrong with what came from outside.
type Problem struct {
	Pointer string `json:"pointer" doc:"Where it is wrong: a JSON pointer into the body, or /query/NAME or /header/NAME."`
	Code    string `json:"code" doc:"What is wrong: a stable word for programs."`
	Detail  string `json:"detail" doc:"What is wrong: a sentence for people."`
}

// Problems is an error that lists everything that is wrong, at most a hundred entries of it.
type Problems []Problem

// SyntaxError says why a body is no strict JSON document at all: codes empty, syntax, duplicate, trailing.
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
		case one.Code == "min_properties": // its members were read all the same
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

// Codes lists the codes that Decode and Validate answer with, and what each says. A rule that is not here
// has its own name in the validate tag as its code.
func Codes() []Problem {
	return []Problem{
		{Code: "empty", Detail: "Nothing came where a JSON document must be."},
		{Code: "syntax", Detail: "It is no JSON document in UTF-8."},
		{Code: "duplicate", Detail: "It is given more than once."},
		{Code: "trailing", Detail: "Something follows the end of the document."},
		{Code: "unknown", Detail: "There is no such member or parameter. Names are case-sensitive."},
		{Code: "type", Detail: "It is of another type, or not in the form that it must have."},
		{Code: "range", Detail: "The number is too large."},
		{Code: "nul", Detail: "The text contains the character U+0000."},
		{Code: "depth", Detail: "It is nested deeper than 64 levels."},
		{Code: "required", Detail: "It is missing or empty."},
		{Code: "min_properties", Detail: "The object has too few members."},
		{Code: "min", Detail: "The number is too small, the text too short, or the list too short."},
		{Code: "max", Detail: "The number is too large, the text too long, or the list too long."},
		{Code: "len", Detail: "The text or list has not the length that it must have."},
		{Code: "oneof", Detail: "It is none of the values that are allowed."},
		{Code: "unique", Detail: "An entry is there more than once."},
		{Code: "email", Detail: "It is no e-mail address."},
		{Code: "uuid", Detail: "It is no UUID."},
		{Code: "url", Detail: "It is no URL."},
		{Code: "iso4217", Detail: "It is no currency's code by ISO 4217."},
		{Code: "iso3166_1_alpha2", Detail: "It is no country's code of two letters by ISO 3166-1."},
	}
}
