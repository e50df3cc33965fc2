// Package spelling guesses which name was meant by one that is none.
package spelling

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the known name that word is most likely a slip of, whatever its case: the first of those that need the
// fewest letters added, left out or replaced, and one for a start and each four letters of word at most; else "".
func Nearest(word string, known []string) string {
	nearest, least := "", 2+len(word)/4
	for _, name := range known {
		slips := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(name))
		if slips < least {
			nearest, least = name, slips
		}
	}
	return nearest
}

// Question is "; did you mean NAME?" with the nearest name, to follow a sentence; "" when none is near.
func Question(word string, known []string) string {
	if name := Nearest(word, known); name != "" {
		return "; did you mean " + name + "?"
	}
	return ""
}
