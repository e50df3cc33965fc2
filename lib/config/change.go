package config

import (
	"crypto/sha256"
	"fmt"
	"reflect"
)

// Change is a setting that has another value than before. As it is now, it is fit to be shown.
type Change struct {
	Setting
	Reload bool // by its tag it may change while the process runs
}

// mark knows a value again, also a secret one, without keeping it.
type mark struct {
	sum    [sha256.Size]byte
	reload bool
}

func (b *binder) marks() map[string]mark {
	all := map[string]mark{}
	for _, f := range b.bound {
		if f.value.Kind() == reflect.Map {
			continue // it has no entry
		}
		all[f.name] = mark{sha256.Sum256(fmt.Append(nil, f.value.Interface())), f.reload}
	}
	return all
}

// Since are the settings that differ from those of an earlier Report, in their order; at last the entries of a NAME_* that are gone.
func (r *Report) Since(before *Report) []Change {
	var all []Change
	for _, s := range r.settings {
		if now := r.marks[s.Name]; now != before.marks[s.Name] {
			all = append(all, Change{s, now.reload})
		}
	}
	for _, s := range before.settings {
		was, had := before.marks[s.Name]
		if _, still := r.marks[s.Name]; had && !still {
			s.Value, s.Origin = "", Default
			all = append(all, Change{s, was.reload})
		}
	}
	return all
}
