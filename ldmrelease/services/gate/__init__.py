"""Gates: whether the images that somebody asks for may enter their places."""
