{% block configure %}{% endblock %}
{% block build -%}
cargo build --release --offline --locked --jobs "$jobs"{% for word in make %} {{ word }}{% endfor %}
{% endblock %}
{% block install -%}
cargo install --offline --locked --no-track --path . --root /usr{% for word in install %} {{ word }}{% endfor %}
{% endblock %}
