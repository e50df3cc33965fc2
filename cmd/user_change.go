package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"example.com/app/lib/auth"
	"example.com/app/lib/strict"
	"example.com/app/models"
	"example.com/app/schemas"
)

// changes is how long a process goes on trusting a session that another one has ended.
const changes = "A process that runs learns of it within seconds."

func userDisableCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "disable EMAIL",
		Short:   "Keep a user from logging in, and end the sessions that are open",
		Long:    "Keep a user from logging in, and end the sessions that are open. " + changes,
		Example: "  app user disable ada@example.com",
		Args:    exactly("EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withUser(c, func(ctx context.Context, d *Deps) (models.User, error) {
				return models.NewUsers(d.DB).Disable(ctx, args[0])
			})
		},
	}
}

func userEnableCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "enable EMAIL",
		Short:   "Let a user who was disabled log in again, with the password of before",
		Example: "  app user enable ada@example.com",
		Args:    exactly("EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withUser(c, func(ctx context.Context, d *Deps) (models.User, error) {
				return models.NewUsers(d.DB).Enable(ctx, args[0])
			})
		},
	}
}

func userRoleCommand(f *flags) *cobra.Command {
	var role roleFlag
	return &cobra.Command{
		Use:     "role EMAIL ROLE",
		Short:   "Give a user another role, and end the sessions that are open",
		Long:    "Give a user another role, reader, editor or admin, and end the sessions that are open. " + changes,
		Example: "  app user role ada@example.com editor",
		Args: func(c *cobra.Command, args []string) error {
			if err := exactly("EMAIL", "ROLE")(c, args); err != nil {
				return err
			}
			return role.Set(args[1])
		},
		RunE: func(c *cobra.Command, args []string) error {
			return f.withUser(c, func(ctx context.Context, d *Deps) (models.User, error) {
				return models.NewUsers(d.DB).SetRole(ctx, args[0], auth.Role(role))
			})
		},
	}
}

func userPasswordCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "password EMAIL",
		Short: "Give a user another password, which is asked for, and end the sessions that are open",
		Long: "Give a user another password, which is asked for, and end the sessions that are open. " + changes + "\n\n" +
			passwordHelp,
		Example: "  app user password ada@example.com\n  app user password ada@example.com < password.txt",
		Args:    exactly("EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			password, err := askPassword(c)
			if err != nil {
				return err
			}
			if err := strict.Validate(&schemas.PasswordIn{Password: password}); err != nil {
				return fmt.Errorf("change the password of user %q: %w", args[0], spoken(err))
			}
			return f.withUser(c, func(ctx context.Context, d *Deps) (models.User, error) {
				hash, err := auth.NewPasswords(d.CPU).Hash(ctx, password)
				if err != nil {
					return models.User{}, err
				}
				return models.NewUsers(d.DB).SetPassword(ctx, args[0], hash)
			})
		},
	}
}

func (f *flags) withUser(c *cobra.Command, do func(ctx context.Context, d *Deps) (models.User, error)) error {
	return f.withDatabase(c, "user", func(d *Deps) error {
		row, err := do(c.Context(), d)
		if err != nil {
			return err
		}
		return showUsers(c, row)
	})
}
