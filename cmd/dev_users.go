package cmd

import (
	"context"

	"example.com/app/lib/auth"
	"example.com/app/models"
)

// demoPassword is for a database that nobody but `app dev` uses.
const demoPassword = "for app dev alone"

func demoEmail(r auth.Role) string { return string(r) + "@example.com" }

// addDemoUsers fills a table without users: one for each role.
func addDemoUsers(ctx context.Context, d *Deps) error {
	users := models.NewUsers(d.DB)
	if some, err := users.List(ctx); err != nil || len(some) > 0 {
		return err
	}
	hash, err := auth.NewPasswords(d.CPU).Hash(ctx, demoPassword)
	if err != nil {
		return err
	}
	for _, role := range auth.Roles() {
		if _, err := users.Create(ctx, models.UserDraft{Email: demoEmail(role), PasswordHash: hash, Role: role}); err != nil {
			return err
		}
	}
	return nil
}
