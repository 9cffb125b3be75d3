-- The daemon asks twice a second whether a letter's sender ended between a final dot and its reply; all letters ever sent stand here.
CREATE INDEX letters_dotted ON letters (id) WHERE state = 'dotted';
