-- The oldest revision whose servers work with this schema. Written after each migration: models/migrations/run.py.
ALTER TABLE public.migration ADD COLUMN compatible_since text;
