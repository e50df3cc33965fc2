package models

import (
	"context"

	"github.com/google/uuid"
)

// Feature is a row of the table post_feature, without its post.
type Feature struct {
	ID          uuid.UUID
	FeatureName string
	IsActive    bool
}

// FeatureDraft is what a new feature is made of.
type FeatureDraft struct {
	Name   string
	Active bool
}

// Features are those of a post, in the order in which it was given them: the active ones, or with inactive all. A post that
// there is not has none.
func (p Posts) Features(ctx context.Context, post uuid.UUID, inactive bool) ([]Feature, error) {
	list, err := many[Feature](ctx, p.db,
		"SELECT id, feature_name, is_active FROM post_feature WHERE post_id = $1 AND (is_active OR $2) ORDER BY id", post, inactive)
	if err != nil {
		return nil, fault(err, "list the features of post %s", post)
	}
	return list, nil
}

func (p Posts) addFeatures(ctx context.Context, post uuid.UUID, drafts []FeatureDraft) ([]Feature, error) {
	features := make([]Feature, len(drafts))
	ids, names, active := make([]uuid.UUID, len(drafts)), make([]string, len(drafts)), make([]bool, len(drafts))
	for i, d := range drafts {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fault(err, "name a feature")
		}
		features[i] = Feature{ID: id, FeatureName: d.Name, IsActive: d.Active}
		ids[i], names[i], active[i] = id, d.Name, d.Active
	}
	if len(drafts) == 0 {
		return features, nil
	}

	_, err := p.db.Exec(ctx, `
		INSERT INTO post_feature (id, post_id, feature_name, is_active)
		SELECT f.id, $1, f.name, f.active FROM unnest($2::uuid[], $3::text[], $4::boolean[]) f (id, name, active)`,
		post, ids, names, active)
	if err != nil {
		return nil, fault(err, "create the features of post %s", post)
	}
	return features, nil
}
