"""Our relationship with suppliers: profiles and contacts."""
