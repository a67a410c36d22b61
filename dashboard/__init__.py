"""The Streamlit pages. No module here, nor any that it imports, imports a training framework."""
