package api

import (
	"strconv"
	"strings"
)

// IfMatch is the list of versions that a client is ready to change.
type IfMatch struct {
	given    bool
	versions []int64
}

// Versions is nil when any will do, and empty when none can match.
func (m IfMatch) Versions() []int64 {
	if !m.given {
		return nil
	}
	return append(make([]int64, 0, len(m.versions)), m.versions...)
}

// MarshalText writes the header's form.
func (m IfMatch) MarshalText() ([]byte, error) {
	if !m.given {
		return []byte("*"), nil
	}
	tags := make([]string, len(m.versions))
	for i, v := range m.versions {
		tags[i] = tagOf(v)
	}
	return []byte(strings.Join(tags, ", ")), nil
}

// UnmarshalText reads entity tags as RFC 9110 writes them. A weak tag never matches, nor one that we never gave.
func (m *IfMatch) UnmarshalText(text []byte) error {
	list := strings.TrimSpace(string(text))
	if list == "*" {
		*m = IfMatch{}
		return nil
	}

	tags, ok := splitTags(list)
	if !ok {
		return sentence("must be * or a list of entity tags")
	}
	m.given = true
	for _, tag := range tags {
		if v, ok := versionOf(tag); ok {
			m.versions = append(m.versions, v)
		}
	}
	return nil
}

func tagOf(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

func versionOf(tag string) (int64, bool) {
	tag = plainTag(tag)
	v, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	return v, err == nil && tagOf(v) == tag
}

// splitTags cuts a list at the commas outside of quotes; false when it is no list of tags.
func splitTags(list string) (tags []string, ok bool) {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			return tags, len(tags) > 0
		}
		opaque := strings.TrimPrefix(list, "W/")
		if !strings.HasPrefix(opaque, `"`) {
			return nil, false
		}
		end := strings.IndexByte(opaque[1:], '"')
		if end < 0 {
			return nil, false
		}
		length := len(list) - len(opaque) + end + 2
		tags, list = append(tags, list[:length]), strings.TrimLeft(list[length:], " \t")
		if list != "" && list[0] != ',' {
			return nil, false
		}
	}
}
